import { PassThrough } from 'node:stream'
import type { Context } from '../../../src/cli/context.ts'
import { run } from '../../../src/cli/run.ts'

/** Keys as a terminal sends them. */
export const KEY = {
  enter: '\r',
  down: '\u001b[B',
  up: '\u001b[A',
  left: '\u001b[D',
  ctrlC: '\u0003',
  backspace: '\u007f',
}

/** A question, and what is typed as the answer. */
export type Step = readonly [question: RegExp, keys: string]

export interface Conversation {
  code: number
  stdout: string
  /** Everything that the terminal received, without escape sequences. */
  screen: string
  /** The answered questions. */
  answered: number
}

const PATIENCE = 20_000

/** Runs a command line on a terminal and answers its questions. */
export async function converse(
  args: readonly string[],
  cwd: string,
  steps: readonly Step[],
  env: Record<string, string> = {},
): Promise<Conversation> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin })
  const stdout = new PassThrough()
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 40 })
  const output = { stdout: '', stderr: '' }
  stdout.on('data', (chunk) => {
    output.stdout += chunk
  })
  let shown = ''
  let wake = () => {}
  stderr.on('data', (chunk) => {
    output.stderr += chunk
    shown += chunk
    wake()
  })
  const never = new AbortController().signal
  const context: Context = { stdin, stdout, stderr, env, cwd, now: Date.now, interrupted: never, killed: never }
  let over = false
  const running = run(args, context).finally(() => {
    over = true
    wake()
  })
  let answered = 0
  for (const [question, keys] of steps) {
    const deadline = Date.now() + PATIENCE
    while (!question.test(plain(shown))) {
      if (over) throw new Error(`the command ended before it asked ${question}:\n${plain(output.stderr)}`)
      if (Date.now() > deadline) throw new Error(`nobody asked ${question}:\n${plain(output.stderr)}`)
      await new Promise<void>((resolve) => {
        wake = resolve
        setTimeout(resolve, 100)
      })
    }
    // The prompt appears before it accepts input.
    await new Promise((resolve) => setImmediate(resolve))
    shown = ''
    answered++
    for (const key of keys.match(/\u001b\[[A-D]|[^\u001b]/gs) ?? []) stdin.write(key)
  }
  const code = await running
  return { code, stdout: output.stdout, screen: plain(output.stderr), answered }
}

function plain(text: string): string {
  return text.replace(/\u001b\[[\d;?]*[A-Za-z]/g, '')
}
