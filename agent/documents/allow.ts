/** Schemas whose messages say what is allowed; problems.ts puts what was got before it. */

import * as z from 'zod';

/** A mapping with these keys and no others. */
export const mapping = <Shape extends z.ZodRawShape>(shape: Shape, what = 'a mapping') =>
  z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? Object.keys(shape).join(', ')
        : `${what} with the keys ${Object.keys(shape).join(', ')}`,
  });

export const list = <Item extends z.ZodType>(item: Item, what: string, min = 0) =>
  z.array(item, `a list of ${what}`).min(min, `at least one of ${what}`).max(1000, 'at most 1000');

/** One line without control characters. */
export const line = (what = 'a line of text', maxLength = 500) =>
  z.string(what).regex(new RegExp(`^[^\\u0000-\\u001f\\u007f-\\u009f]{1,${maxLength}}$`), what);

export const choice = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, values.join(', '));

const isHttpUrl = (text: string): boolean => {
  try {
    const { protocol, hostname } = new URL(text);
    return ['http:', 'https:'].includes(protocol) && hostname !== '';
  } catch {
    return false;
  }
};

const httpUrlText = 'an http or https URL';

export const httpUrl = (what = httpUrlText) =>
  z
    .string(what)
    .regex(/^https?:\/\/[^\s]{1,2000}$/i, what)
    .refine(isHttpUrl, what);
