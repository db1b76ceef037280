import { resolve } from 'node:path'
import { counted } from '../../diagnostics/counted.ts'
import type { ExitCode } from '../../diagnostics/errors.ts'
import { printable } from '../../diagnostics/printable.ts'
import { kindDefinitions } from '../../kinds/registry.ts'
import { backupPath } from '../../state/open.ts'
import type { Context } from '../context.ts'
import type { OptionsOf } from '../definitions/options.ts'
import type { defineStateBackup } from '../definitions/state.ts'
import { withState } from '../with-state.ts'

/** `state backup [file]`: copies the state, also while a run writes to it. Never replaces a file. */
export async function stateBackup(
  file: string | undefined,
  options: OptionsOf<typeof defineStateBackup>,
  context: Context,
): Promise<ExitCode> {
  return withState(options, context, async ({ state }) => {
    const path = file === undefined ? backupPath(state.location, new Date(context.now())) : resolve(context.cwd, file)
    state.backUp(path)
    let resources = 0
    for (const { name } of kindDefinitions) resources += await state.count(name)
    context.stdout.write(`${printable(path)}\n`)
    context.stderr.write(
      `Copied and checked: ${counted(resources, 'resource')}, serial ${state.serial}. ` +
        'It holds personal data and the key of the digests: keep it like the state.\n',
    )
  })
}
