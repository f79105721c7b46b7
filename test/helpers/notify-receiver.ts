/** The socket that systemd listens on for word from its services (sd_notify(3)), by Perl: Node has no datagram sockets. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Prints each datagram as a line, its own lines joined by a space. */
const receiverProgram = `
  use Socket; $| = 1;
  my $path = $ARGV[0]; $path =~ s/^@/\\0/;
  socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die;
  bind($socket, pack_sockaddr_un($path)) or die;
  print "listening\\n";
  while (defined recv($socket, my $text, 65536, 0)) { $text =~ tr/\\n/ /; print "$text\\n"; }`;

export interface NotifyReceiver {
  readonly address: string;
  /** The messages so far. */
  messages(): readonly string[];
  /** Resolves when there are that many. */
  count(number: number): Promise<void>;
  stop(): void;
}

export const receiveNotifications = async (address: string): Promise<NotifyReceiver> => {
  const child: ChildProcess = spawn('perl', ['-e', receiverProgram, address], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let rest = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    child.emit('lines');
  });
  const count = async (number: number): Promise<void> => {
    while (lines.length < number + 1) await once(child, 'lines');
  };
  await count(0);
  return { address, messages: () => lines.slice(1), count, stop: () => void child.kill() };
};
