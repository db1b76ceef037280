import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isObject } from '../../../src/json.ts'
import type { Aim } from './sandbox-child.ts'

const CHILD = fileURLToPath(new URL('./sandbox-child.ts', import.meta.url))

export interface SandboxProcess {
  url: string
  /** Kills the target's process when its turn comes. */
  aim(target: Aim): void
  /** Writes so far. */
  writes(): Promise<number>
  close(): Promise<void>
}

/** A sandbox in a separate process, to use both cores. */
export async function startSandboxProcess(): Promise<SandboxProcess> {
  const child = fork(CHILD, { stdio: 'inherit' })
  const [hello] = await once(child, 'message')
  return {
    url: hello.url,
    aim: (aim) => void child.send({ aim }),
    async writes() {
      child.send({ ask: 'counts' })
      const [answer]: unknown[] = await once(child, 'message')
      const counts = isObject(answer) && isObject(answer.counts) ? answer.counts : {}
      return Number(counts.writes)
    },
    async close() {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}
