/** This machine's own root with a layer above it, which takes all that is written: needs root. */

import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const lackingRoot = (): string | false =>
  process.getuid?.() === 0 ? false : 'needs root, for a mount namespace';

/** Nothing of the machine's services is seen inside. */
const setUp = `
set -eu
layer=$1 shared=$2 script=$3
mount -t tmpfs tmpfs "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$layer/upper,workdir=$layer/work" "$layer/root"
for folder in run tmp var/tmp dev; do mount -t tmpfs tmpfs "$layer/root/$folder"; done
for device in null zero full random urandom tty; do
  touch "$layer/root/dev/$device" && mount --bind "/dev/$device" "$layer/root/dev/$device"
done
mount --bind /proc "$layer/root/proc"
mkdir "$layer/root/tmp/shared"
mount --bind "$shared" "$layer/root/tmp/shared"
# What this machine has of certready's own is not there
rm -rf "$layer/root/var/lib/certready" "$layer/root/var/lib/private/certready" "$layer/root/etc/certready"
# man's index is not made anew each time
rm -f "$layer/root/var/lib/man-db/auto-update"
cp "$script" "$layer/root/tmp/script"
exec chroot "$layer/root" /bin/sh -eu /tmp/script
`;

/**
 * Runs a script of sh there, with a folder of this machine as /tmp/shared.
 * @returns what it printed
 * @throws Error with all it said, where it fails
 */
export const inPrivateRoot = async (shared: string, script: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-root-'));
  await chmod(folder, 0o755);
  try {
    const path = join(folder, 'script');
    await writeFile(path, script);
    const layer = await mkdtemp(join(folder, 'layer-'));
    const { stdout } = await run('unshare', ['-m', 'sh', '-c', setUp, 'sh', layer, shared, path], {
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        LC_ALL: 'C.UTF-8',
        DEBIAN_FRONTEND: 'noninteractive',
      },
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`in the private root: ${stdout}${stderr}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
