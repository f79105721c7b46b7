/** An issuer that was not sent: one whose root is known, or a stranger? */

import type { PresentedChain } from './peer-chain.ts';
import type { Certificate } from './pki/certificate.ts';
import { nameTypes, nameValues, sameName } from './pki/name.ts';

const organizations = (name: Certificate['subject']): readonly string[] =>
  nameValues(name, nameTypes.organization).map((value) => value.toLowerCase());

/** Whether an issuer that was not sent belongs to an authority that is known: by its name or its organization. */
export const isFamiliar = (
  issuer: Certificate['issuer'],
  { authorities, profile, roots }: PresentedChain,
): boolean => {
  const expected = roots.expected.map(({ certificate }) => certificate);
  const all = [...authorities, ...expected, ...roots.trusted, ...roots.known];
  const own = new Set(organizations(issuer));
  const names = profile.authorities.map(({ name }) => name.toLowerCase());
  return (
    all.some(
      ({ subject }) =>
        sameName(subject, issuer) || organizations(subject).some((each) => own.has(each)),
    ) || nameValues(issuer, nameTypes.commonName).some((name) => names.includes(name.toLowerCase()))
  );
};
