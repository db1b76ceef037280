import { readFileSync, readlinkSync } from 'node:fs'

/** SIGHUP in a mask of signals: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
const HANG_UP = 1n

/**
 * Whether this process was started to outlive its terminal (`nohup`, `trap '' HUP`). Node takes back what signals a process was told
 * to ignore before any of our code runs, so there is only what `nohup` and the shell leave behind: the variable `_`, a parent that ignores
 * the signal itself, and a standard input that can only be written to. The last two are found on Linux alone.
 */
export function outlivesItsTerminal(env: Record<string, string | undefined>, parent: number): boolean {
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
