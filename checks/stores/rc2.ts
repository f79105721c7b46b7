/** RC2-CBC, decrypting only (RFC 2268): older Java and OpenSSL hid the certificates of PKCS#12 files behind it, and node:crypto no longer has it. */

const piTable = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32' +
    'bd8f40eb86b77b0bf09521225c6b4e8254d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed708e8eade8052eef784aa72ac354d6a2a' +
    '961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2e' +
    'c5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
);

const pi = (index: number): number => piTable.readUInt8(index & 0xff);

/** RFC 2268 2; the effective key length is that of the key. */
const expandKey = (key: Uint8Array): Uint16Array => {
  const { length } = key;
  const bytes = new Uint8Array(128);
  bytes.set(key);
  const at = (index: number): number => bytes[index] ?? 0;
  for (let i = length; i < 128; i++) bytes[i] = pi(at(i - 1) + at(i - length));
  bytes[128 - length] = pi(at(128 - length));
  for (let i = 127 - length; i >= 0; i--) bytes[i] = pi(at(i + 1) ^ at(i + length));
  return Uint16Array.from({ length: 64 }, (_, i) => at(2 * i) | (at(2 * i + 1) << 8));
};

const rotations = [1, 2, 3, 5] as const;

/** One block of four words, in place (RFC 2268 4). */
const decryptBlock = (words: Uint16Array, keys: Uint16Array): void => {
  const word = (index: number): number => words[index & 3] ?? 0;
  let next = 63;
  const mix = (): void => {
    for (let i = 3; i >= 0; i--) {
      const by = rotations[i] ?? 0;
      const rotated = (word(i) >> by) | (word(i) << (16 - by));
      const other = (word(i - 1) & word(i - 2)) + (~word(i - 1) & word(i - 3));
      words[i] = rotated - (keys[next--] ?? 0) - other;
    }
  };
  const mash = (): void => {
    for (let i = 3; i >= 0; i--) words[i] = word(i) - (keys[word(i - 1) & 63] ?? 0);
  };
  for (const rounds of [5, 6, 5]) {
    for (let round = 0; round < rounds; round++) mix();
    if (next > 0) mash();
  }
};

/** Decrypts whole blocks; the padding stays. */
export const decryptRc2Cbc = (key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer => {
  const keys = expandKey(key);
  const plain = Buffer.alloc(data.length - (data.length % 8));
  let previous = iv;
  for (let at = 0; at < plain.length; at += 8) {
    const block = data.subarray(at, at + 8);
    const words = Uint16Array.from(
      { length: 4 },
      (_, i) => (block[2 * i] ?? 0) | ((block[2 * i + 1] ?? 0) << 8),
    );
    decryptBlock(words, keys);
    words.forEach((value, i) => plain.writeUInt16LE(value, at + 2 * i));
    for (let i = 0; i < 8; i++) plain[at + i] = (plain[at + i] ?? 0) ^ (previous[i] ?? 0);
    previous = block;
  }
  return plain;
};
