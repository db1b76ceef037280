import { figure } from './printable.ts'

/** `1 user`, `2 users`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${figure(count)} ${count === 1 ? singular : plural}`
}
