import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))

/** Commands with progress. */
const QUIET: ReadonlySet<string> = new Set(['plan', 'apply', 'verify'])

/** The result of one run. */
export interface Outcome {
  /** Null: killed. */
  code: number | null
  /** The output and the written files, by name. */
  texts: Record<string, string>
  seconds: number
}

/** Runs a command line without progress on standard error, which depends on time. */
export async function run(
  program: string,
  folder: string,
  args: readonly string[],
  files: readonly string[] = [],
): Promise<Outcome> {
  for (const name of files) rmSync(join(folder, name), { force: true })
  const env = { ...process.env, CI: '', NO_COLOR: '1', FIREBASE_SIGNER_KEY: Buffer.alloc(64, 7).toString('base64') }
  const started = performance.now()
  const child = spawn(NODE, [program, ...args, ...(QUIET.has(args[0] ?? '') ? ['--quiet'] : [])], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([buffer(child.stdout), buffer(child.stderr), closed])
  const texts: Record<string, string> = {
    'standard output': steady(stdout, program),
    'standard error': steady(stderr, program),
  }
  for (const name of files) {
    const path = join(folder, name)
    texts[name] = existsSync(path) ? steady(readFileSync(path), program) : 'not written'
  }
  return { code, texts, seconds: (performance.now() - started) / 1000 }
}

/**
 * Replaces what differs between runs: the lineage and serial of the state, digests under its key,
 * WorkOS IDs, folders, times.
 */
function steady(bytes: Buffer, program: string): string {
  return bytes
    .toString('utf8')
    .replaceAll(dirname(dirname(dirname(program))), 'checkout')
    .replace(/(\/tmp\/)?workos-migrate-compare-\w+/g, 'folder')
    .replace(/state [0-9a-f]{6}…( `?)#\d+/g, 'state …$1#…')
    .replace(/state [0-9a-f]{6}…/g, 'state …')
    .replace(/"serial": ?\d+/g, '"serial":"…"')
    .replace(/"(lineage|manifest|source)": ?"[0-9a-f-]{36,}"/g, '"$1":"…"')
    .replace(/"digest": ?"[0-9a-f]{64}"/g, '"digest":"…"')
    .replace(/"(seconds|startedAt|finishedAt|at)": ?("[^"]*"|[\d.]+)/g, '"$1":"…"')
    .replace(/\b(user|org|org_role|om|role|perm|group|auth_factor)_[0-9A-Z]{26}\b/g, '$1_…')
}
