/** The registry's value, as `netsh winhttp set proxy` writes it. */
export const winHttpBlob = (flags: number, proxy?: string, bypass?: string): Buffer => {
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const text = (value = '') => Buffer.concat([word(value.length), Buffer.from(value, 'latin1')]);
  return Buffer.concat([word(0x18), word(0), word(flags), text(proxy), text(bypass)]);
};
