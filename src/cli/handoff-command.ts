import type { Command } from 'commander'
import { examples, reading, type Start, sub, telling } from './command-line.ts'
import type { Context } from './context.ts'
import { withManifest } from './with-manifest.ts'

/** `handoff`: connections go into files, which somebody imports. */
export function addHandoff(program: Command, context: Context, start: Start): void {
  const handoff = telling(
    reading(
      sub(program, 'handoff [manifest]', 'Write the single sign-on connections into the files that WorkOS imports'),
    ),
  )
    .requiredOption('-o, --out <folder>', 'the folder to write to')
    .option('--include-secrets', 'write client secrets and private keys, which are left out otherwise')
    .option('--json', 'print the result as JSON')
    .action((manifest, options) =>
      start(async () => (await import('./commands/handoff.ts')).handoff(withManifest(manifest, options), context)),
    )
  examples(handoff, [
    ['workos-migrate handoff --out ./sso', 'SAML and OpenID Connect connections, without their secrets'],
    ['workos-migrate handoff --out ./sso --include-secrets', 'with client secrets and private keys'],
  ])
}
