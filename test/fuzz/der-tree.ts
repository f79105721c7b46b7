/** DER as a tree that can be changed and written again, right or wrong. */

export interface DerNode {
  tag: number;
  /** Bytes before the children: the unused bits of a BIT STRING that holds DER. */
  lead: Uint8Array;
  /** Values inside; undefined: `content` is the value. */
  children: DerNode[] | undefined;
  content: Uint8Array;
  /** Writes the length in another way than the right one. */
  lengthOf?: (length: number) => Uint8Array;
}

const none = new Uint8Array(0);
const maxDepth = 24;

interface Header {
  readonly content: number;
  readonly end: number;
}

const headerAt = (bytes: Uint8Array, at: number): Header | undefined => {
  const first = bytes[at + 1];
  if (first === undefined || ((bytes[at] ?? 0) & 0x1f) === 0x1f) return undefined;
  if (first < 0x80) return { content: at + 2, end: at + 2 + first };
  const count = first & 0x7f;
  if (count === 0 || count > 4 || at + 2 + count > bytes.length) return undefined;
  let length = 0;
  for (const byte of bytes.subarray(at + 2, at + 2 + count)) length = length * 256 + byte;
  return { content: at + 2 + count, end: at + 2 + count + length };
};

/** The values that `bytes` are, one after the other; undefined where they are none. */
const parseAll = (bytes: Uint8Array, depth: number): DerNode[] | undefined => {
  const nodes: DerNode[] = [];
  if (depth > maxDepth) return undefined;
  for (let at = 0; at < bytes.length;) {
    const header = headerAt(bytes, at);
    if (!header || header.end > bytes.length) return undefined;
    nodes.push(nodeOf(bytes[at] ?? 0, bytes.subarray(header.content, header.end), depth));
    at = header.end;
  }
  return nodes;
};

const nodeOf = (tag: number, content: Uint8Array, depth: number): DerNode => {
  if ((tag & 0x20) !== 0)
    return { tag, lead: none, children: parseAll(content, depth + 1), content };
  // Extension values and keys are DER inside a string.
  const leadLength = tag === 0x03 && content[0] === 0 ? 1 : 0;
  const inner = content.subarray(leadLength);
  const holds = (tag === 0x04 || leadLength === 1) && inner.length > 1;
  const children = holds ? parseAll(inner, depth + 1) : undefined;
  return { tag, lead: content.subarray(0, leadLength), children, content };
};

/** The tree of one value; bytes that are no DER are one node without children. */
export const parseTree = (bytes: Uint8Array): DerNode => {
  const [first, ...rest] = parseAll(bytes, 0) ?? [];
  if (first && rest.length === 0) return first;
  return { tag: 0x30, lead: none, children: undefined, content: bytes };
};

export const lengthBytes = (length: number): Uint8Array => {
  if (length < 0x80) return Uint8Array.of(length);
  const digits: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
  return Uint8Array.of(0x80 | digits.length, ...digits);
};

export const writeTree = (node: DerNode): Buffer => {
  const content = node.children
    ? Buffer.concat([node.lead, ...node.children.map(writeTree)])
    : node.content;
  const length = (node.lengthOf ?? lengthBytes)(content.length);
  return Buffer.concat([Uint8Array.of(node.tag), length, content]);
};

/** Every node with its place among its siblings; the root has none. */
export interface Place {
  readonly node: DerNode;
  readonly parent?: DerNode;
  readonly index: number;
}

export const placesOf = (root: DerNode): Place[] => {
  const places: Place[] = [{ node: root, index: 0 }];
  for (const place of places)
    for (const [index, child] of (place.node.children ?? []).entries())
      places.push({ node: child, parent: place.node, index });
  return places;
};
