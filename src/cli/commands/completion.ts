import type { CommandUnknownOpts } from 'commander'
import { ExitCode } from '../../diagnostics/errors.ts'
import { printable } from '../../diagnostics/printable.ts'
import { kindDefinitions } from '../../kinds/registry.ts'
import { complete } from '../completion/complete.ts'
import { type Shell, scripts } from '../completion/scripts.ts'
import type { Context } from '../context.ts'

/** `completion SHELL`: prints the script that completes words in a shell. */
export async function completion(shell: Shell, { stdout }: Pick<Context, 'stdout'>): Promise<ExitCode> {
  stdout.write(scripts[shell])
  return ExitCode.done
}

/** What the scripts ask: what may stand in the place of the last word. Whatever goes wrong, there is nothing to complete. */
export async function completionWords(
  program: CommandUnknownOpts,
  words: readonly string[],
  { stdout, cwd, env }: Pick<Context, 'stdout' | 'cwd' | 'env'>,
): Promise<ExitCode> {
  const kinds = kindDefinitions.map(({ name }) => name)
  // Each press of the tabulator key starts the program anew: what reads YAML is loaded where a name of the manifest is wanted.
  const environments = async (path: string | undefined) =>
    (await import('../../config/discover.ts')).environmentNames({ path, cwd, env })
  const { candidates, paths } = await complete(program, words, { kinds, environments })
  const lines = candidates.map(({ word, description }) => `${printable(word)}\t${printable(description)}`)
  stdout.write([...lines, ...(paths ? [`:${paths}`] : [])].map((line) => `${line}\n`).join(''))
  return ExitCode.done
}
