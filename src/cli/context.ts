import { readFileSync, readlinkSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { ExitCode } from '../diagnostics/errors.ts'
import { defaultMode, Mask } from '../diagnostics/mask.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import type { World } from '../running/world.ts'
import { calledAs, type ProgramName } from './names.ts'

/** The environment of a command. `run` adds the redactor and the mask, and masks both outputs. */
export interface Context extends World {
  stdout: World['stderr']
  stdin: Readable & { isTTY?: boolean }
  /** The name that the program was called by, for help and hints. Default: the first name. */
  name?: ProgramName
  /** The outputs without the mask: for prompts, and for data that other programs read. */
  unmasked?: Pick<Context, 'stdout' | 'stderr'>
}

/** Time to close everything after a signal to stop immediately. Milliseconds. */
const CLOSING = 250

/**
 * Signals within this time count as one: npx passes on the Ctrl-C that the terminal also sends to
 * the process, and a closed terminal causes two SIGHUPs. Milliseconds.
 */
const TOGETHER = 200

/**
 * The context of this process. The first Ctrl-C, SIGTERM or SIGHUP stops cleanly; the second one,
 * or SIGQUIT, stops immediately. Both remove temporary files. Ignores SIGHUP under nohup.
 */
export function processContext(): Context {
  const interrupted = new AbortController()
  const killed = new AbortController()
  const stopAtOnce = () => {
    interrupted.abort(new Error('interrupted'))
    killed.abort(new Error('stopped at once'))
    setTimeout(() => process.exit(ExitCode.interrupted), CLOSING).unref()
  }
  let first = 0
  const onSignal = () => {
    if (interrupted.signal.aborted) {
      if (performance.now() - first >= TOGETHER) stopAtOnce()
      return
    }
    first = performance.now()
    process.stderr.write(
      '\nStopping: waiting up to 5 s for requests in progress. Press Ctrl-C again to stop immediately.\n',
    )
    interrupted.abort(new Error('interrupted'))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('SIGQUIT', stopAtOnce)
  process.on('SIGHUP', outlivesItsTerminal(process.env, process.ppid) ? () => {} : onSignal)
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    name: calledAs(process.argv[1]),
    now: Date.now,
    interrupted: interrupted.signal,
    killed: killed.signal,
    redactor: new Redactor(),
    mask: new Mask(defaultMode(process.env)),
  }
}

/** SIGHUP in a mask of signals: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
const HANG_UP = 1n

/**
 * Whether this process must outlive its terminal (`nohup`, `trap '' HUP`). Node.js resets ignored
 * signals at its start, so look at what `nohup` and the shell leave: the variable `_`, a parent
 * that ignores the signal, and a write-only standard input. The last two work only on Linux.
 */
function outlivesItsTerminal(env: Record<string, string | undefined>, parent: number): boolean {
  return /(^|\/)nohup$/.test(env._ ?? '') || ignoresHangUp(parent) || hasInputOfNohup()
}

function ignoresHangUp(pid: number): boolean {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(textOf(`/proc/${pid}/status`))?.[1]
  return mask !== undefined && (BigInt(`0x${mask}`) & HANG_UP) !== 0n
}

/** GNU nohup replaces a terminal with /dev/null, open only for writing. */
function hasInputOfNohup(): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(textOf('/proc/self/fdinfo/0'))?.[1]
  if (flags === undefined || (Number.parseInt(flags, 8) & 3) !== 1) return false
  try {
    return readlinkSync('/proc/self/fd/0') === '/dev/null'
  } catch {
    return false
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
