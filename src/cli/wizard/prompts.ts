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
 * Questions to a person, on standard error. Each ends with an InterruptedError when the person or a
 * signal calls it off.
 */
export interface Prompts {
  intro(title: string): void
  note(text: string, title: string): void
  say(text: string): void
  warn(text: string): void
  select<Value extends string>(message: string, choices: readonly Choice<Value>[]): Promise<Value>
  text(message: string, options: { initial?: string; check?: (text: string) => string | undefined }): Promise<string>
  confirm(message: string, initial: boolean): Promise<boolean>
  /** Shows a dot for each character. Empty: the person skips it. */
  secret(message: string): Promise<string>
}

/**
 * Prompts on the terminal of a command. What comes from files is written so that it cannot steer
 * the terminal.
 */
export function createPrompts({ stdin, stderr, interrupted, mask, unmasked }: Context): Prompts {
  // What a person types comes back as it is.
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
      if (chosen === undefined) throw new RangeError('an answer that was not offered')
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
    message: 'called off: nothing was written',
    hint: 'run the same command to be asked again',
  })
}
