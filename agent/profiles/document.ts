/** A Profile as the file that it could have been read from. */

import type { HostPort, Profile } from '../../checks/types.ts';
import { pemOf } from './pem.ts';
import type { ProfileDocument } from './schema.ts';

const endpointText = ({ host, port }: HostPort): string => {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 80 ? name : `${name}:${port}`;
};

export const profileDocument = (profile: Profile): ProfileDocument => {
  const { id, title, source, effective, supersededBy, replaces, notes, peer } = profile;
  return {
    id,
    title,
    ...(source !== undefined && { source }),
    ...(effective !== undefined && { effective }),
    ...(supersededBy !== undefined && { supersededBy }),
    ...(replaces.length > 0 && { replaces: [...replaces] }),
    ...(notes.length > 0 && { notes: [...notes] }),
    ...(profile.endpoints.length > 0 && { endpoints: profile.endpoints.map(endpointText) }),
    authorities: profile.authorities.map((authority) => ({
      id: authority.id,
      name: authority.name,
      ...(authority.root && { root: true }),
      ...(authority.issuer !== undefined && { issuer: authority.issuer }),
      ...(authority.url !== undefined && { url: authority.url }),
      ...(authority.sha256 !== undefined && { sha256: authority.sha256 }),
      ...(authority.der && { certificate: pemOf(authority.der) }),
    })),
    ...(profile.crls.length > 0 && { crls: profile.crls.map((crl) => ({ ...crl })) }),
    ...(profile.ocsp.length > 0 && {
      ocsp: profile.ocsp.map(({ url, issuer, certificate }) => ({
        url,
        issuer,
        certificate:
          'authority' in certificate ? certificate.authority : { serial: certificate.serial },
      })),
    }),
    ...(peer && { peer: { ...peer, names: [...peer.names] } }),
  };
};
