/**
 * Cron expressions. node-cron reads them; it takes `5-1` for a range that wraps round (nearly the whole
 * hour), which no other cron does, and nicknames: both are refused here.
 */

import cron from 'node-cron';

const monthNames = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const dayNames = 'sun mon tue wed thu fri sat'.split(' ');

const valueOf = (text: string, names: readonly string[], first: number): number => {
  const name = names.indexOf(text.toLowerCase().slice(0, 3));
  return name === -1 ? Number(text) : name + first;
};

/** Whether a field has a range that ends before it begins, such as `5-1`. */
const isReversed = (field: string, names: readonly string[], first: number): boolean =>
  field.split(',').some((part) => {
    const [range = ''] = part.split('/');
    const [from, to] = range.split('-');
    if (from === undefined || to === undefined) return false;
    const start = valueOf(from, names, first);
    // Sunday is 0 and 7: it may end a range.
    const end =
      names === dayNames && valueOf(to, names, first) === 0 ? 7 : valueOf(to, names, first);
    return start > end;
  });

export const isSchedule = (expression: string): boolean => {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) return false;
  const [month = '', weekday = ''] = fields.slice(-2);
  const plain = fields.slice(0, -2);
  const reversed =
    plain.some((field) => isReversed(field, [], 0)) ||
    isReversed(month, monthNames, 1) ||
    isReversed(weekday, dayNames, 0);
  return !reversed && cron.validate(expression);
};
