import { createInterface } from 'node:readline/promises'
import { InterruptedError, UsageError } from '../diagnostics/errors.ts'
import { wordMissing } from '../running/verdict.ts'
import type { Context } from './context.ts'

export interface Approval {
  yes?: boolean
  /** The word from --confirm. */
  confirm?: string
}

export interface Question {
  text: string
  /** The word to give with --confirm or to type. */
  word?: string
  /** What requires the word. */
  asker?: string
  /** Whether something is deleted in WorkOS; `y` is then not enough. */
  deletes?: boolean
}

/**
 * Whether the run is approved: with --yes, or by a user who types `yes` or `y`, or `delete` if
 * something is deleted. If safety.confirm is set, its word must come from --confirm or be typed.
 * @throws GuardError for a missing or wrong word, UsageError without a terminal
 */
export async function approve(question: Question, approval: Approval, context: Context): Promise<boolean> {
  const { text, word, asker = 'safety.confirm', deletes = false } = question
  const asked = context.stdin.isTTY === true && context.stderr.isTTY === true
  if (word !== undefined && approval.confirm !== word) {
    if (approval.confirm !== undefined || !asked || approval.yes) throw wordMissing(word, approval.confirm, asker)
    return (await ask(`${text}\nType ${word} to continue: `, context)) === word
  }
  if (approval.yes || approval.confirm !== undefined) return true
  if (!asked) {
    throw new UsageError({
      code: 'approval_missing',
      message: 'this command cannot ask for approval: standard input is not a terminal',
      hint: 'approve with --yes, or apply a reviewed plan that plan --out saved',
    })
  }
  const answer = (await ask(`${text}\nType ${deletes ? 'delete' : 'yes'} to continue: `, context)).toLowerCase()
  return deletes ? answer === 'delete' : ['y', 'yes'].includes(answer)
}

/**
 * What the user types; empty for Ctrl-D and at the end of the input.
 * @throws InterruptedError for Ctrl-C, which readline receives as a key, not as a signal
 */
async function ask(question: string, { stdin, stderr, interrupted, unmasked }: Context): Promise<string> {
  // The terminal echoes what the user types, so the mask must not change it.
  const terminal = createInterface({ input: stdin, output: unmasked?.stderr ?? stderr })
  const interrupt = new AbortController()
  terminal.on('SIGINT', () => interrupt.abort())
  try {
    const answer = terminal.question(question, { signal: AbortSignal.any([interrupted, interrupt.signal]) })
    return (await answer).trim()
  } catch (error) {
    stderr.write('\n')
    if (interrupt.signal.aborted) {
      throw new InterruptedError({
        code: 'interrupted',
        message: 'interrupted at the prompt: nothing was applied',
        hint: 'run the same command again',
      })
    }
    if (interrupted.aborted || !(error instanceof Error) || error.name !== 'AbortError') throw error
    return ''
  } finally {
    terminal.close()
  }
}
