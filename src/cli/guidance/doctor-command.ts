import type { Command } from 'commander'
import { examples, type Start, sub } from '../command-line.ts'
import type { Context } from '../context.ts'
import { withManifest } from '../with-manifest.ts'

/** `doctor`: whether everything is there that a run needs. */
export function addDoctor(program: Command, context: Context, start: Start): void {
  const doctor = sub(
    program,
    'doctor [manifest]',
    'Check what a run needs: manifest, source, key, network, state, disk',
  )
    .option('--offline', 'ask nothing over the network')
    .option('--json', 'print the result as JSON')
    .action((manifest, options) =>
      start(async () => (await import('../commands/doctor.ts')).doctor(withManifest(manifest, options), context)),
    )
  examples(doctor, [
    ['workos-migrate doctor', 'before a first plan, and when something does not work'],
    ['workos-migrate doctor -e production', 'with the key of production: one small read'],
    ['workos-migrate doctor --offline --json', 'for a script, without a request'],
  ])
}
