import { type AddressInfo, createServer } from 'node:net';

/** A port of an address of loopback that nobody listens on. */
export const freePort = async (address = '127.0.0.1'): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};
