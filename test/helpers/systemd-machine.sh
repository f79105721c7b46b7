#!/bin/sh
# Boots systemd as the first program of a container: systemd-machine.sh FOLDER NAME [nspawn option]...
# Its root is this machine's own, under a layer in memory: nothing is changed, nothing is downloaded. What this
# machine starts is not started there. The network is this machine's. Run it in a mount namespace of its own.
set -eu
folder=$1 name=$2
shift 2

mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
chmod 755 "$folder/upper"
mount -t overlay overlay \
  -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"

cd "$folder/root"
rm -rf etc/systemd/system etc/rc?.d etc/cron.d var/log/journal
rm -rf etc/certready var/lib/certready var/lib/private
mkdir -p etc/systemd/system etc/systemd/journald.conf.d
printf '[Journal]\nStorage=volatile\nRateLimitBurst=0\n' >etc/systemd/journald.conf.d/test.conf
: >etc/fstab
rm -f etc/machine-id
echo "$name" | md5sum | cut -c1-32 >etc/machine-id
ln -s /lib/systemd/system/multi-user.target etc/systemd/system/default.target
for unit in systemd-logind.service systemd-tmpfiles-clean.timer getty.target console-getty.service \
  systemd-networkd.socket systemd-timesyncd.service; do
  ln -s /dev/null "etc/systemd/system/$unit"
done

# systemd wants a control group of its own, of version 2.
groups=/sys/fs/cgroup
if [ -d $groups/unified ]; then groups=$groups/unified; fi
mkdir -p "$groups/$name"
echo $$ >"$groups/$name/cgroup.procs"

export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
exec systemd-nspawn --boot --directory "$folder/root" --machine "$name" --hostname "$name" --quiet \
  --register=no --keep-unit --link-journal=no --resolv-conf=off --timezone=off --console=pipe "$@"
