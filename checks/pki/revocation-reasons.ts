/** CRLReason (RFC 5280 5.3.1), as CRLs and OCSP responses carry it. */

export const reasons = { unspecified: 0, certificateHold: 6, removeFromCrl: 8 } as const;

const names: readonly (string | undefined)[] = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
];

/** The name of a reason, or its number. */
export const reasonName = (reason: number): string => names[reason] ?? `reason ${reason}`;
