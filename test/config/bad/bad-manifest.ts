/** A manifest that must be refused, with what must be said. */
export interface BadManifest {
  name: string
  /** Text of migrate.config.yaml. */
  text: string | Uint8Array
  files?: Record<string, string>
  env?: Record<string, string>
  environment?: string
  code: string
  /** line:column */
  at: string
  /** File of the problem, if it is another one. */
  file?: string
  path?: string
  message?: RegExp
  hint?: RegExp
}
