import * as clack from '@clack/prompts'
import { InterruptedError } from '../../diagnostics/errors.ts'
import { printable } from '../../diagnostics/printable.ts'
import type { Context } from '../context.ts'

export interface Choice<Value extends string> {
  value: Value
  label: string
  hint?: string
}

/**
 * Prompts on standard error. Each throws an InterruptedError if the user or a signal cancels it.
 */
export interface Prompts {
  intro(title: string): void
  note(text: string, title: string): void
  say(text: string): void
  warn(text: string): void
  select<Value extends string>(message: string, choices: readonly Choice<Value>[]): Promise<Value>
  text(message: string, options: { initial?: string; check?: (text: string) => string | undefined }): Promise<string>
  confirm(message: string, initial: boolean): Promise<boolean>
  /** Shows a dot for each character. Empty if the user skips it. */
  secret(message: string): Promise<string>
}

/** Prompts on the terminal. Escapes text from files, which could control the terminal. */
export function createPrompts({ stdin, stderr, interrupted, mask, unmasked }: Context): Prompts {
  // The terminal echoes what the user types, so the mask must not change it.
  const common = { input: stdin, output: unmasked?.stderr ?? stderr, signal: interrupted }
  const shown = (text: string) => printable(mask?.text(text) ?? text)
  return {
    intro: (title) => clack.intro(title, common),
    note: (text, title) => clack.note(text.split('\n').map(shown).join('\n'), title, common),
    say: (text) => clack.log.info(shown(text), common),
    warn: (text) => clack.log.warn(shown(text), common),
    async select<Value extends string>(message: string, choices: readonly Choice<Value>[]): Promise<Value> {
      const options = choices.map(({ value, label, hint }) => ({
        value,
        label: shown(label),
        ...(hint === undefined ? {} : { hint: shown(hint) }),
      }))
      const index = await answered(
        clack.select<number>({ ...common, message, options: options.map((option, at) => ({ ...option, value: at })) }),
      )
      const chosen = choices[index]
      if (chosen === undefined) throw new RangeError('the choice does not exist')
      return chosen.value
    },
    text: (message, { initial, check }) =>
      answered(
        clack.text({
          ...common,
          message,
          ...(initial === undefined ? {} : { initialValue: initial }),
          validate: (value) => check?.(value ?? ''),
        }),
      ),
    confirm: (message, initial) => answered(clack.confirm({ ...common, message, initialValue: initial })),
    secret: async (message) => (await answered(clack.password({ ...common, message }))) ?? '',
  }
}

async function answered<Value>(asked: Promise<Value | typeof clack.CANCEL_SYMBOL>): Promise<Value> {
  const answer = await asked
  if (answer !== clack.CANCEL_SYMBOL) return answer
  throw new InterruptedError({
    code: 'interrupted',
    message: 'canceled: nothing was written',
    hint: 'run the same command to start again',
  })
}
