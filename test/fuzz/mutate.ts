/** Changes DER in ways that a parser must survive: in its structure, its lengths, its values, its bytes. */

import {
  type DerNode,
  type Place,
  lengthBytes,
  parseTree,
  placesOf,
  writeTree,
} from './der-tree.ts';

/** Gives numbers below 2^32. */
export type Random = () => number;

const pick = <T>(next: Random, from: readonly T[]): T => {
  const one = from[next() % from.length];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
};

const bytes = (text: string): Uint8Array => Buffer.from(text, 'hex');
const randomBytes = (next: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => next() & 0xff);

const tags = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x1f, 0x30];
const moreTags = [
  0x31, 0x80, 0x81, 0x82, 0x84, 0x86, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0x24, 0x00, 0xff,
];

/** Contents that parsers get wrong: numbers, times, object identifiers, names. */
const contents = [
  ...['', '00', 'FF', '0000', '0080', 'FF80', '80', '7F', '7FFFFFFF', '00FFFFFFFF'],
  ...['80000000000000000000', '01'.repeat(21), '01'.repeat(130)],
  ...['3235303630313132303030305A', '3235303233303132303030305A', '39393939313233313233353935395A'],
  ...['3235303630313132303030302B30303030', '32353036303131323030305A'],
  ...['551D14', '551D1B', '551D1C', '551D15', '551D1D', '551D23', '551D80', '80', '2A'],
  ...['2A864886F70D010104', '2A864886F70D01010A', '2B6570', '608648016503040201'],
  ...['687474703A2F2F612F', '00000000', 'C0AF', 'F4908080', 'D800'],
].map(bytes);

/** Lengths that are written otherwise than DER asks. */
const lengths: readonly ((length: number, next: Random) => Uint8Array)[] = [
  (length) => Uint8Array.of(0x81, length & 0xff),
  (length) => Uint8Array.of(0x82, (length >> 8) & 0xff, length & 0xff),
  (length) => Uint8Array.of(0x84, 0, 0, (length >> 8) & 0xff, length & 0xff),
  () => Uint8Array.of(0x80),
  () => Uint8Array.of(0xff),
  () => bytes('84FFFFFFFF'),
  () => bytes('847FFFFFFF'),
  () => bytes('8800000000FFFFFFFF'),
  (length) => lengthBytes(length + 1),
  (length) => lengthBytes(Math.max(length - 1, 0)),
  (length, next) => lengthBytes(next() % (length * 2 + 2)),
];

const leaf = (tag: number, content: Uint8Array): DerNode => ({
  tag,
  lead: new Uint8Array(0),
  children: undefined,
  content,
});

const wrap = (node: DerNode, tag: number): DerNode => ({
  ...leaf(tag, node.content),
  children: [node],
});

const replace = ({ parent, index, node }: Place, by: readonly DerNode[]): void => {
  if (parent?.children) parent.children.splice(index, 1, ...by);
  else if (by[0]) Object.assign(node, by[0]);
};

/** A change at one place; `donor` is the tree of another input. */
type Change = (place: Place, donor: DerNode, next: Random) => void;

const changes: readonly Change[] = [
  (place) => replace(place, []),
  (place) => replace(place, [place.node, cloneOf(place.node)]),
  ({ node }, _donor, next) => {
    node.tag = pick(next, next() % 2 ? tags : moreTags);
  },
  ({ node }, _donor, next) => {
    const lengthOf = pick(next, lengths);
    const amount = next();
    node.lengthOf = (length) => lengthOf(length, () => amount);
  },
  ({ node }, _donor, next) => {
    node.children = undefined;
    node.content = pick(next, contents);
  },
  ({ node }, _donor, next) => {
    node.children = undefined;
    node.content = randomBytes(next, next() % 40);
  },
  ({ node }, _donor, next) => {
    if (node.children || node.content.length === 0) return;
    const changed = Uint8Array.from(node.content);
    changed[next() % changed.length] = next() & 0xff;
    node.content = changed;
  },
  ({ node }, _donor, next) => {
    const { children } = node;
    if (!children || children.length < 2) return;
    const [moved] = children.splice(next() % children.length, 1);
    if (moved) children.splice(next() % (children.length + 1), 0, moved);
  },
  (place, donor, next) => {
    const given = cloneOf(pick(next, placesOf(donor)).node);
    replace(place, next() % 2 ? [given] : [place.node, given]);
  },
  (place, _donor, next) => {
    let nested = cloneOf(place.node);
    for (let depth = 1 + (next() % 40); depth > 0; depth--)
      nested = wrap(nested, pick(next, [0x30, 0x31, 0xa0, 0xa4]));
    replace(place, [nested]);
  },
  (place, _donor, next) => {
    const copies = Array.from({ length: 1 + (next() % 50) }, () => cloneOf(place.node));
    replace(place, copies);
  },
  ({ node }) => {
    node.lead = Uint8Array.of(...node.lead, 0);
  },
];

/** A copy without functions: lengths that were written otherwise are right again. */
const cloneOf = (node: DerNode): DerNode => ({
  tag: node.tag,
  lead: node.lead,
  content: node.content,
  children: node.children?.map(cloneOf),
});

/** Nothing grows beyond this, however often it is doubled. */
const maxLength = 65_536;

const mutateTree = (input: Uint8Array, donor: Uint8Array, next: Random): Buffer => {
  const root = parseTree(input);
  const donorTree = parseTree(donor);
  for (let count = 1 + (next() % 3); count > 0; count--)
    pick(next, changes)(pick(next, placesOf(root)), donorTree, next);
  return writeTree(root);
};

const mutateBytes = (input: Uint8Array, next: Random): Buffer => {
  const output = Buffer.from(input);
  for (let count = 1 + (next() % 4); count > 0 && output.length > 0; count--) {
    const at = next() % output.length;
    output.writeUInt8(next() % 2 ? next() & 0xff : output.readUInt8(at) ^ (1 << (next() % 8)), at);
  }
  switch (next() % 8) {
    case 0:
      return output.subarray(0, next() % (output.length + 1));
    case 1:
      return Buffer.concat([output, randomBytes(next, 1 + (next() % 20))]);
    default:
      return output;
  }
};

/** `input`, changed; the same for the same numbers of `next`. */
export const mutate = (input: Uint8Array, donor: Uint8Array, next: Random): Buffer => {
  const output = next() % 3 === 0 ? mutateBytes(input, next) : mutateTree(input, donor, next);
  return output.length > maxLength ? output.subarray(0, maxLength) : output;
};
