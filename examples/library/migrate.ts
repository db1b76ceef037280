/**
 * Migrates from a program: load, plan, show, ask, apply, verify. Run it in this folder:
 *
 *     node migrate.ts
 *
 * It writes to the sandbox of migrate.config.yaml. For WorkOS, change the target there and set the
 * variables of the manifest.
 */
import { createInterface } from 'node:readline/promises'
import { apply, ExitCode, loadManifest, OperatorError, type Plan, plan, verify } from 'workos-migrate'

/**
 * Asks whether to apply a plan. `word` is `safety.confirm` of the manifest, or the name of the
 * plan.
 */
type Approve = (plan: Plan, word: string) => Promise<boolean>

async function migrate(approve: Approve, signal: AbortSignal): Promise<ExitCode> {
  const manifest = await loadManifest({ cwd: import.meta.dirname, env: process.env })

  // The plan is in a temporary folder, which is removed when you close the plan.
  await using planned = await plan(manifest, { signal })
  for (const { plural, create, update, unchanged, blocked } of planned.kinds) {
    if (create + update + unchanged + blocked === 0) continue
    console.log(`${plural}: ${create} to create, ${update} to update, ${unchanged} unchanged, ${blocked} blocked`)
  }
  for await (const { origin, message } of planned.rejects()) console.log(`rejected ${origin}: ${message}`)
  for (const { level, message } of planned.findings) console.log(`${level}: ${message}`)

  if (planned.changes) {
    const word = manifest.confirm ?? planned.name
    if (!(await approve(planned, word))) {
      console.log('Nothing was applied.')
      return ExitCode.done
    }
    const applying = apply(planned, { confirm: word, maxRejects: 0, signal })
    for await (const event of applying) {
      if (event.type === 'apply_errored') console.log(`${event.outcome} ${event.address}: ${event.message}`)
    }
    const applied = await applying
    console.log(`run ${applied.run}: ${applied.outcome}, ${applied.requests.writes} writes`)
    if (applied.exitCode !== ExitCode.done) return applied.exitCode
  }

  await using verification = await verify(manifest, { signal })
  console.log(`verified: ${verification.outcome}`)
  for await (const finding of verification.findings()) console.log(`${finding.type} ${finding.kind}:${finding.key}`)
  return verification.exitCode
}

/** Shows the actions, and lets the user type the word. */
const askInTerminal: Approve = async (planned, word) => {
  for await (const { type, address, label } of planned.actions()) console.log(`  ${type} ${address} ${label}`)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`Type ${word} to apply this: `)
  terminal.close()
  return answer.trim() === word
}

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
try {
  process.exitCode = await migrate(askInTerminal, stop.signal)
} catch (error) {
  // Errors that a user can correct have a code, a hint and usually a place.
  if (!(error instanceof OperatorError)) throw error
  for (const { code, message, hint, at } of error.problems) {
    console.error(
      `${at === undefined ? '' : `${at.file}:${at.line ?? 1} `}${message} [${code}]${hint === undefined ? '' : `\n  ${hint}`}`,
    )
  }
  process.exitCode = error.exitCode
}
