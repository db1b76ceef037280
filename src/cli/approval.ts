import { createInterface } from 'node:readline/promises'
import { InterruptedError, UsageError } from '../diagnostics/errors.ts'
import { wordMissing } from '../running/verdict.ts'
import type { Context } from './context.ts'

export interface Approval {
  /** Given on the command line. */
  yes?: boolean
  /** The word given with --confirm. */
  confirm?: string
}

export interface Question {
  text: string
  /** The word that has to be given with --confirm, or typed. */
  word?: string
  /** Who asks for that word. */
  asker?: string
  /** Whether something is deleted in WorkOS: a mere `y` is not enough then. */
  deletes?: boolean
}

/**
 * Whether the run is approved: by --yes, which covers all that the plan shows, or by a person who
 * types `yes` or `y`; `delete` where something is deleted. Where the manifest asks for a word
 * (safety.confirm), that word has to be given with --confirm, or typed.
 * @throws GuardError for a missing or wrong word, UsageError where nobody can be asked
 */
export async function approve(question: Question, approval: Approval, context: Context): Promise<boolean> {
  const { text, word, asker = 'safety.confirm', deletes = false } = question
  const asked = context.stdin.isTTY === true && context.stderr.isTTY === true
  if (word !== undefined && approval.confirm !== word) {
    if (approval.confirm !== undefined || !asked || approval.yes) throw wordMissing(word, approval.confirm, asker)
    return (await ask(`${text}\nType ${word} to go on: `, context)) === word
  }
  if (approval.yes || approval.confirm !== undefined) return true
  if (!asked) {
    throw new UsageError({
      code: 'approval_missing',
      message: 'nobody can be asked here whether to apply: standard input is no terminal',
      hint: 'approve with --yes, or apply a plan that was saved with plan --out and reviewed',
    })
  }
  const answer = (await ask(`${text}\nType ${deletes ? 'delete' : 'yes'} to go on: `, context)).toLowerCase()
  return deletes ? answer === 'delete' : ['y', 'yes'].includes(answer)
}

/**
 * What a person types; nothing for Ctrl-D and for an input that ends.
 * @throws InterruptedError for Ctrl-C, which the terminal hands to readline as a key: no signal
 *   comes
 */
async function ask(question: string, { stdin, stderr, interrupted, unmasked }: Context): Promise<string> {
  // What a person types comes back as it is.
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
        message: 'interrupted at the question: nothing was applied',
        hint: 'run the same command to be asked again',
      })
    }
    if (interrupted.aborted || !(error instanceof Error) || error.name !== 'AbortError') throw error
    return ''
  } finally {
    terminal.close()
  }
}
