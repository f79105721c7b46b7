/** What several gaps do to the mail, said once. */

/** Nothing can be asked about a certificate's revocation. */
export const noRevocationData =
  "Exchange and gateways that check revocation cannot tell whether the mail host's certificate still holds, and refuse it: mail queues with 454 4.7.5 Certificate validation failure, mail from Exchange Online with 450 4.4.317 Cannot establish session. Postfix, Exim and OpenSMTPD fetch no revocation data and keep sending.";

/** A mail host cannot be reached at all. */
export const noMailHost =
  'Mail to it stays in the queue and goes back to its sender when the queue time ends (Exchange two days, Postfix five days by default).';

/** A host may serve revocation data or take mail. */
export const hostLost = `${noRevocationData} If the host takes mail: ${noMailHost.charAt(0).toLowerCase()}${noMailHost.slice(1)}`;

/** The mail host's certificate does not verify here. */
export const notVerified =
  'Servers that verify keep the mail: Exchange queues it with 454 4.7.5 Certificate validation failure or 450 4.4.317 Cannot establish session, Postfix at level verify or secure defers it with "Server certificate not verified". Servers that do not verify keep sending, and cannot tell the mail host from an impostor.';

/** When a fault of a mail host's certificate is no more than a warning. */
export const whereUnverified = 'a warning where this server is known not to verify mail hosts';
