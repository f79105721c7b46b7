/** The change that the lab's hosts are asked about, as profile files. */

import { labHosts, labProfile } from '../helpers/lab-profile.ts';
import type { Fault } from './faults/fault.ts';

const peer = `peer:
  names: [mx.lab.test]
  minTlsVersion: TLSv1.2
`;

export const profileText = ({ endpoints = [], aiaUrl }: Partial<Fault>): string =>
  labProfile({
    endpoints: [...labHosts, ...endpoints],
    ...(aiaUrl !== undefined && { aiaUrl }),
    more: peer,
  });

/**
 * The same change at hosts that are healthy in unusual ways: several addresses in turn, a long chain of aliases,
 * redirects on the same host, HTTP/1.0, chunked bodies.
 */
export const unusualProfileText = `id: lab-unusual
title: The lab moves to Lab Root R1, at unusual hosts
endpoints: [crl.lab.test, mx.lab.test:25]
authorities:
  - { id: r1, name: Lab Root R1, root: true, certificate: root.crt }
  - { id: inter, name: Lab Issuing CA, issuer: r1, url: "http://robin.lab.test/moved/inter.crt" }
crls:
  - { url: "http://robin.lab.test/root.crl", issuer: r1 }
  - { url: "http://chain0.lab.test/inter.crl", issuer: inter }
  - { url: "http://http10.lab.test/root.crl", issuer: r1 }
  - { url: "http://chunked.lab.test/inter.crl", issuer: inter }
  - { url: "http://crl.lab.test/moved/root.crl", issuer: r1 }
ocsp:
  - { url: "http://ocsp.lab.test/root", issuer: r1, certificate: inter }
`;
