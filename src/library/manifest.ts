import { UsageError } from '../diagnostics/errors.ts'
import { defaultMode, Mask } from '../diagnostics/mask.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { Redactor } from '../diagnostics/redactor.ts'
import { proxySecrets } from '../http/proxy.ts'
import { loadChecked, type ReadyManifest } from '../running/session.ts'
import { publicError } from './errors.ts'
import type { Place } from './running.ts'

/** The place of a manifest and its variables. Nothing is read from the process. */
export interface LoadManifestOptions {
  /** The folder that relative paths start from and where the search for a manifest starts. */
  cwd: string
  /** The manifest file. Default: the nearest `migrate.config.yaml`, in `cwd` or above. */
  file?: string
  /** The environment to use, like `--env`. */
  environment?: string
  /**
   * Variables for references in the manifest (`${WORKOS_API_KEY}`) and for proxies, usually
   * `process.env`. Default: none.
   */
  env?: Readonly<Record<string, string | undefined>>
}

/** A loaded and checked manifest. Any number of runs can use it, also at the same time. */
export interface Manifest {
  /** The `name` in the manifest. */
  readonly name: string
  /** The environment. Null: none. */
  readonly environment: string | null
  /** The absolute path of the file. */
  readonly file: string
  /** Its folder. Relative paths in the manifest start here. */
  readonly directory: string
  /** The word that `safety.confirm` requires. Pass it to `apply` as the option `confirm`. */
  readonly confirm: string | undefined
  /** Warnings about the manifest. */
  readonly warnings: readonly Problem[]
}

/** The internal side of a manifest of this module. */
interface Opened extends Place {
  manifest: ReadyManifest
}

const opened = new WeakMap<Manifest, Opened>()

/**
 * Finds, reads and checks a manifest with its recipes, environment and expressions. Does not read
 * the source or send requests to WorkOS.
 * @throws ManifestError with all problems at once, each with its place; UsageError
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

/** The place of a run, with its own redactor. */
export function placeIn(cwd: string, env: Place['env']): Place {
  const redactor = new Redactor()
  for (const secret of proxySecrets({ ...env })) redactor.register(secret)
  return { cwd, env, redactor, mask: new Mask(defaultMode({ ...env })) }
}

/** @throws UsageError for a manifest that `loadManifest` did not make */
export function openedManifest(manifest: Manifest): Opened {
  const found = opened.get(manifest)
  if (found !== undefined) return found
  throw new UsageError({
    code: 'not_a_manifest',
    message: 'this manifest was not returned by loadManifest',
    hint: 'pass the object that loadManifest returns, not a copy of it',
  })
}
