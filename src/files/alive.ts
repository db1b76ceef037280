import { codeOf } from '../diagnostics/errors.ts'

/** Whether a process of that number is there; one of another container is not seen. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
