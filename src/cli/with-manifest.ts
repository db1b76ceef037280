import { UsageError } from '../diagnostics/errors.ts'

/** The options with the manifest that is named as an argument. @throws UsageError when --config names another */
export function withManifest<Options extends { config?: string }>(
  manifest: string | undefined,
  options: Options,
): Options {
  if (manifest === undefined) return options
  if (options.config === undefined) return { ...options, config: manifest }
  throw new UsageError({
    code: 'manifest_twice',
    message: `two manifests are named: ${manifest} and ${options.config}`,
    hint: 'name it once, as the argument or with --config',
  })
}
