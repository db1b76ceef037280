import { readFileSync, readlinkSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { ExitCode } from '../diagnostics/errors.ts'
import { defaultMode, Mask } from '../diagnostics/mask.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import type { World } from '../running/world.ts'
import { calledAs, type ProgramName } from './names.ts'

/**
 * The world as a command sees it. `run` makes a redactor and a mask, and puts the mask before both
 * outputs.
 */
export interface Context extends World {
  stdout: World['stderr']
  stdin: Readable & { isTTY?: boolean }
  /**
   * The name that the program was called by: its help and its hints use it. Default: the first one.
   */
  name?: ProgramName
  /**
   * The outputs before the mask: for questions to a person, whose typing comes back as it is, and
   * for data that other programs read.
   */
  unmasked?: Pick<Context, 'stdout' | 'stderr'>
}

/** What a command that is told to stop at once may take to close what it has open. Milliseconds. */
const CLOSING = 250

/**
 * Signals that come together are one: a terminal sends Ctrl-C to all of its group, and npx passes
 * it on as well; when it is closed, the system and the shell each send SIGHUP. Milliseconds.
 */
const TOGETHER = 200

/**
 * The real world. The first Ctrl-C, SIGTERM or SIGHUP asks to finish, the second one stops at once,
 * as SIGQUIT does: whichever it is, what must not outlive the command is removed. A hang-up that
 * the command was started to outlive means nothing.
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
    process.stderr.write('\nStopping: writes on their way have 5 s to be answered. Again to stop at once.\n')
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
 * Whether this process was started to outlive its terminal (`nohup`, `trap '' HUP`). Node takes
 * back what signals a process was told to ignore before any of our code runs, so there is only what
 * `nohup` and the shell leave behind: the variable `_`, a parent that ignores the signal itself,
 * and a standard input that can only be written to. The last two are found on Linux alone.
 */
function outlivesItsTerminal(env: Record<string, string | undefined>, parent: number): boolean {
  return /(^|\/)nohup$/.test(env._ ?? '') || ignoresHangUp(parent) || hasInputOfNohup()
}

function ignoresHangUp(pid: number): boolean {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(textOf(`/proc/${pid}/status`))?.[1]
  return mask !== undefined && (BigInt(`0x${mask}`) & HANG_UP) !== 0n
}

/** GNU nohup puts /dev/null in place of a terminal, open for writing. */
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
