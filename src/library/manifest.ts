import { UsageError } from '../diagnostics/errors.ts'
import { defaultMode, Mask } from '../diagnostics/mask.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { proxySecrets } from '../http/proxy.ts'
import { loadChecked, type ReadyManifest } from '../running/session.ts'
import { publicError } from './errors.ts'
import type { Place } from './running.ts'

/** Where a manifest is, and what its references stand for. Nothing is taken from the process. */
export interface LoadManifestOptions {
  /**
   * The folder that relative paths of options start from, and in which a manifest is searched for.
   */
  cwd: string
  /** The manifest file. Default: the nearest `migrate.config.yaml`, in `cwd` or above. */
  file?: string
  /** The environment to merge over the rest, as `--env` names it. */
  environment?: string
  /**
   * Variables for the references of the manifest (`${WORKOS_API_KEY}`) and for proxies, mostly
   * `process.env`. Default: none.
   */
  env?: Readonly<Record<string, string | undefined>>
}

/**
 * A manifest that was loaded and checked. Any number of runs may work with it, also at the same
 * time.
 */
export interface Manifest {
  /** Its `name`. */
  readonly name: string
  /** The environment that was merged over it; null: none. */
  readonly environment: string | null
  /** The file, absolute. */
  readonly file: string
  /** Its folder: relative paths in the manifest start here. */
  readonly directory: string
  /** The word that `safety.confirm` asks for: `apply` takes it as the option `confirm`. */
  readonly confirm: string | undefined
  /** What is accepted and worth a look. */
  readonly warnings: readonly Problem[]
}

/** What a manifest of this module stands for. */
interface Opened extends Place {
  manifest: ReadyManifest
}

const opened = new WeakMap<Manifest, Opened>()

/**
 * Finds, reads and checks a manifest with its recipes, environment and expressions. Reads no source
 * and asks WorkOS nothing.
 * @throws ManifestError with every problem at once, each with its place; UsageError
 */
export async function loadManifest(options: LoadManifestOptions): Promise<Manifest> {
  const { cwd, file, environment, env = {} } = options
  const place = placeIn(cwd, env)
  try {
    const ready = await loadChecked({ config: file, env: environment }, { ...place, env: { ...env } })
    const { loaded, warnings } = ready
    const manifest: Manifest = {
      name: loaded.manifest.name,
      environment: loaded.environment ?? null,
      file: loaded.file,
      directory: loaded.directory,
      confirm: loaded.manifest.safety.confirm,
      warnings: warnings.map((warning) => ({ ...warning, severity: 'warning' })),
    }
    opened.set(manifest, { ...place, manifest: ready })
    return manifest
  } catch (error) {
    throw publicError(error, { ...place, env: { ...env }, interrupted: new AbortController().signal })
  }
}

/** What a run has of its place, with its own memory of secrets. */
export function placeIn(cwd: string, env: Place['env']): Place {
  const redactor = new Redactor()
  for (const secret of proxySecrets({ ...env })) redactor.register(secret)
  return { cwd, env, redactor, mask: new Mask(defaultMode({ ...env })) }
}

/** @throws UsageError for what `loadManifest` has not made */
export function openedManifest(manifest: Manifest): Opened {
  const found = opened.get(manifest)
  if (found !== undefined) return found
  throw new UsageError({
    code: 'not_a_manifest',
    message: 'this is no manifest that loadManifest has returned',
    hint: 'pass on what loadManifest returns as it is: a copy does not know what was loaded',
  })
}
