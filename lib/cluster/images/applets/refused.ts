import type { Program } from '../../runtime/program';
import { notSimulated, programOf } from './applet';

/** BusyBox 1.36 has many more applets: that they are not there would not be true. */
const ofBusybox =
  'arch arp arping base32 bc bunzip2 bzip2 cal chgrp cksum cmp comm cpio crond crontab dc dd diff dmesg dos2unix ed expand expr factor fdisk flock fold free fsync fuser getopt groups gunzip gzip hd hexdump hostid ifconfig install ip killall less link ln logger lsof md5sum mkfifo mknod mktemp more mount mountpoint netstat nice nohup od passwd paste patch pgrep pidof ping ping6 pkill pmap pstree readlink realpath renice route sha1sum sha256sum sha512sum shred shuf split strings stty su sum sysctl tac telnet tftp time timeout top traceroute truncate tty umount unexpand unlink unxz unzip uptime users usleep vi watch who xargs xxd xz yes zcat';

/** What a slim Debian has of coreutils, util-linux and its package manager. */
const ofDebian =
  'apt apt-get arch base32 chgrp cksum comm csplit dd diff dircolors dpkg expand expr factor fmt fold groups gunzip gzip hostid install join link ln logname md5sum mkfifo mknod mktemp more mount mountpoint nice nl nohup numfmt od paste pathchk perl pinky pr ptx readlink realpath sha1sum sha256sum sha512sum shred shuf split stdbuf stty sum tac timeout truncate tsort tty umount unexpand unlink users who xargs yes zcat';

export const refusedInBusybox = refused(ofBusybox);
export const refusedInDebian = refused(ofDebian);
export const refusedInAlpine = refused(`${ofBusybox} apk`);

function refused(names: string): Readonly<Record<string, Program>> {
  const program: Program = { ...programOf((ctx) => notSimulated(ctx)), isRefusal: true };
  return Object.fromEntries(names.split(' ').map((name) => [`/bin/${name}`, program]));
}
