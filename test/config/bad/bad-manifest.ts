/** A bad manifest with the expected problem. */
export interface BadManifest {
  name: string
  /** The text of migrate.config.yaml. */
  text: string | Uint8Array
  files?: Record<string, string>
  env?: Record<string, string>
  environment?: string
  code: string
  /** line:column */
  at: string
  /** The file of the problem, if it is not the manifest. */
  file?: string
  path?: string
  message?: RegExp
  hint?: RegExp
}
