import { createShell, scriptProgram } from '../../runtime/container-shell';
import type { Program } from '../../runtime/program';
import { programOf, type Applet } from './applet';
import { coreApplets } from './core';
import { curl } from './curl';
import { fileApplets } from './files';
import { networkApplets } from './network';
import { processApplets } from './processes';
import { refusedInAlpine, refusedInBusybox, refusedInDebian } from './refused';
import { tar } from './tar';
import { textApplets } from './text';

const common: Readonly<Record<string, Applet>> = { ...coreApplets, ...fileApplets, ...textApplets, tar };

type Programs = Readonly<Record<string, Program>>;

/** What an image's shell finds: the small commands, and `more` of its own. Shells are made with all of it in sight. */
function userland(
  refused: Programs,
  applets: Readonly<Record<string, Applet>>,
  shells: readonly string[],
  { programs: more = {}, scripts = {} }: More,
): Programs {
  const programs: Record<string, Program> = { ...refused };
  for (const [name, applet] of Object.entries(applets)) programs[`/bin/${name}`] = programOf(applet);
  const shell = createShell(() => programs);
  for (const path of shells) programs[path] = shell;
  for (const [path, source] of Object.entries(scripts)) programs[path] = scriptProgram(shell, source);
  return Object.assign(programs, more);
}

/** What an image adds to its userland. */
export interface More {
  readonly programs?: Programs;
  /** Executable scripts, by path. */
  readonly scripts?: Readonly<Record<string, string>>;
}

/** BusyBox: ash and every applet. */
export function busyboxPrograms(more: More = {}): Programs {
  return busyboxLike(refusedInBusybox, more);
}

function busyboxLike(refused: Programs, more: More): Programs {
  return userland(refused, { ...common, ...networkApplets, ...processApplets }, ['/bin/sh', '/bin/ash'], more);
}

/** A slim Debian with coreutils, bash and curl. */
export function debianPrograms(more: More = {}): Programs {
  return userland(refusedInDebian, common, ['/bin/sh', '/bin/bash', '/bin/dash'], withCurl(more));
}

/** Alpine: BusyBox, and curl where the image adds it. */
export function alpinePrograms(more: More = {}, { hasCurl = false } = {}): Programs {
  return busyboxLike(refusedInAlpine, hasCurl ? withCurl(more) : more);
}

function withCurl({ programs, scripts = {} }: More): More {
  return { programs: { '/usr/bin/curl': programOf(curl), ...programs }, scripts };
}
