/** Advice for a word that other tools use for something with another name here. */
export interface OtherWord {
  /** The words of other tools; options without their dashes. Case, `-` and `_` do not count. */
  words: readonly string[]
  /** The advice. It ends with what to type, after ` with ` or a colon. */
  say: string
  /**
   * The commands that this advice is for. Default for commands: the top level; for options: every
   * command.
   */
  on?: readonly string[]
  /** A command, or an option of any command, that must exist for this advice. */
  needs?: string
}

const NO_LOCK_TO_BREAK =
  'a lock ends with its process, so you never have to remove one. To see who holds it: workos-migrate doctor'

/** Commands of other tools. */
export const otherCommands: readonly OtherWord[] = [
  {
    words: ['retry', 'resume', 'continue', 'rerun', 'restart'],
    say: 'apply again to continue where the last run stopped: workos-migrate apply',
  },
  {
    words: [
      'up',
      'deploy',
      'sync',
      'migrate',
      'run',
      'push',
      'execute',
      'start',
      'load',
      'seed',
      'backfill',
      'upload',
      'ingest',
    ],
    say: 'workos-migrate apply',
  },
  {
    words: ['diff', 'preview', 'dry-run', 'simulate', 'changes', 'whatif'],
    say: 'plan shows what apply would do, without writing to WorkOS: workos-migrate plan',
  },
  { words: ['refresh', 'drift'], say: 'workos-migrate plan --refresh' },
  {
    words: ['undo', 'rollback', 'revert', 'down', 'reset', 'teardown', 'delete', 'uninstall'],
    say: 'destroy deletes what this state created. Review first, then run it without --plan-only: workos-migrate destroy --plan-only',
  },
  {
    words: ['clean', 'cleanup', 'gc', 'wipe', 'vacuum', 'tidy', 'erase', 'shred'],
    say: 'purge removes snapshots, saved plans and reports from this machine, not from WorkOS: workos-migrate purge --dry-run',
  },
  { words: ['check', 'lint'], say: 'workos-migrate validate' },
  {
    words: ['fmt', 'format', 'prettier'],
    say: 'the manifest can have any layout that YAML allows. To check it: workos-migrate validate',
  },
  {
    words: ['compare', 'audit', 'reconcile'],
    say: 'verify reads WorkOS back and compares it with the source: workos-migrate verify',
  },
  {
    words: ['import', 'adopt', 'link'],
    say: 'apply adopts the users that it recognizes. To adopt one by hand: workos-migrate state import user:KEY user_ID',
  },
  { words: ['show', 'status', 'history', 'runs', 'log', 'logs'], say: 'workos-migrate state show' },
  { words: ['list', 'ls', 'get', 'users', 'organizations', 'memberships'], say: 'workos-migrate state list' },
  {
    words: ['report', 'html', 'dashboard'],
    say: 'to write a report that you can search in a browser: workos-migrate plan --html plan.html',
  },
  {
    words: ['output', 'outputs', 'ids', 'mapping'],
    say: 'to print the map from source keys to WorkOS IDs: workos-migrate state export',
  },
  { words: ['backup'], say: 'workos-migrate state backup' },
  {
    words: ['rm', 'remove', 'forget', 'untrack'],
    say: 'to forget a resource, which stays in WorkOS: workos-migrate state rm user:KEY',
  },
  {
    words: ['mv', 'move', 'rename'],
    say: 'for a key that changed in the source: workos-migrate state mv user:OLD user:NEW',
  },
  { words: ['new', 'create', 'setup', 'bootstrap', 'wizard'], say: 'workos-migrate init' },
  { words: ['profile', 'analyze', 'analyse', 'stats'], say: 'workos-migrate inspect' },
  { words: ['fetch', 'pull', 'dump', 'extract', 'download', 'snapshot'], say: 'workos-migrate export' },
  { words: ['failures', 'rejects', 'rejected', 'failed', 'problems'], say: 'workos-migrate errors' },
  { words: ['sso', 'connections'], say: 'workos-migrate handoff --out ./sso' },
  {
    words: ['console', 'repl', 'eval'],
    say: 'write tests for expressions in the manifest, then run: workos-migrate test',
  },
  { words: ['serve', 'server', 'emulator', 'mock', 'dev'], say: 'workos-migrate sandbox' },
  {
    words: ['login', 'logout', 'auth', 'whoami'],
    say: 'there is no sign-in: the manifest refers to an environment variable, as in apiKey: ${WORKOS_API_KEY}. To try the key: workos-migrate doctor',
  },
  {
    words: ['diagnose', 'health', 'healthcheck', 'preflight', 'ping', 'diagnostics'],
    say: 'workos-migrate doctor',
  },
  {
    words: ['workspace', 'workspaces', 'env', 'environment', 'environments', 'stack', 'select', 'use'],
    say: 'name the environment with each command: workos-migrate plan -e staging',
  },
  {
    words: ['unlock', 'force-unlock'],
    say: NO_LOCK_TO_BREAK,
  },
  { words: ['autocomplete', 'completions'], say: 'workos-migrate completion bash' },
  { words: ['why', 'trace', 'debug'], say: 'workos-migrate explain KEY', needs: 'explain' },
  { words: ['version'], say: 'workos-migrate --version' },
  {
    on: ['state'],
    words: ['unlock', 'force-unlock'],
    say: NO_LOCK_TO_BREAK,
  },
  { on: ['state'], words: ['move', 'rename'], say: 'workos-migrate state mv user:OLD user:NEW' },
  { on: ['state'], words: ['remove', 'delete', 'forget', 'untrack'], say: 'workos-migrate state rm user:KEY' },
  { on: ['state'], words: ['ls', 'resources'], say: 'workos-migrate state list' },
  { on: ['state'], words: ['get', 'status', 'history', 'runs', 'describe'], say: 'workos-migrate state show' },
  { on: ['state'], words: ['adopt', 'add', 'link', 'set'], say: 'workos-migrate state import user:KEY user_ID' },
  { on: ['state'], words: ['ids', 'output', 'mapping', 'dump'], say: 'workos-migrate state export' },
  {
    on: ['state'],
    words: ['pull', 'save', 'copy', 'snapshot'],
    say: 'to copy the state: workos-migrate state backup',
  },
  {
    on: ['state'],
    words: ['push', 'load'],
    say: 'to put a backup back: workos-migrate state restore state.bak',
  },
]

const LOOKS = 'plan shows what apply would do, without writing to WorkOS'

/** Options of other tools, without their dashes. The first entry that fits the command counts. */
export const otherOptions: readonly OtherWord[] = [
  {
    on: ['destroy'],
    words: ['dry-run', 'n', 'noop', 'preview', 'whatif', 'check', 'simulate'],
    say: 'workos-migrate destroy --plan-only',
  },
  {
    on: ['plan'],
    words: ['dry-run', 'n', 'noop', 'preview', 'whatif', 'check', 'simulate'],
    say: 'plan never writes to WorkOS: workos-migrate plan',
  },
  {
    words: ['dry-run', 'n', 'noop', 'preview', 'whatif', 'check', 'simulate'],
    say: `${LOOKS}: workos-migrate plan`,
  },
  {
    on: ['destroy'],
    words: ['auto-approve', 'yes', 'y', 'assume-yes', 'force', 'non-interactive', 'no-input', 'no-confirm', 'approve'],
    say: 'destroy asks for the name of the manifest: workos-migrate destroy --confirm NAME',
  },
  {
    on: ['plan', 'verify', 'validate', 'export', 'inspect'],
    words: ['auto-approve', 'yes', 'y', 'assume-yes', 'non-interactive', 'no-input', 'no-confirm', 'approve'],
    say: 'this command asks no questions; apply does: workos-migrate apply --yes',
  },
  {
    words: ['auto-approve', 'assume-yes', 'non-interactive', 'no-input', 'no-confirm', 'approve'],
    say: 'to apply without a question, add --yes: workos-migrate apply --yes',
  },
  { on: ['apply'], words: ['force', 'f'], say: 'to apply without a question, add --yes: workos-migrate apply --yes' },
  {
    on: ['plan', 'apply'],
    words: ['destroy', 'undo', 'rollback', 'revert'],
    say: 'workos-migrate destroy --plan-only',
  },
  {
    words: ['report'],
    say: 'to write a report that you can search in a browser: workos-migrate plan --html plan.html',
  },
  {
    words: ['target', 'targets', 'select', 'filter', 'include', 'subset'],
    say: 'to choose what to migrate, use --only: workos-migrate plan --only organization:KEY',
    needs: '--only',
  },
  {
    words: ['exclude', 'skip', 'omit'],
    say: 'map.user.when in the manifest chooses who is migrated, such as when: status = "active". To see the result: workos-migrate plan',
  },
  { words: ['refresh-only'], say: 'workos-migrate plan --refresh' },
  {
    words: ['var', 'vars', 'set', 'var-file', 'define'],
    say: 'values are in the manifest under vars, also for each environment, and can refer to environment variables as ${NAME}. To choose an environment: workos-migrate plan -e staging',
  },
  {
    words: ['parallelism', 'concurrency', 'parallel', 'jobs', 'j'],
    say: 'run.concurrency in the manifest sets how many requests run at once: run: { concurrency: 20 }',
  },
  {
    words: ['workers', 'threads'],
    say: 'run.workers in the manifest sets the number of mapping threads: run: { workers: 2 }',
  },
  { words: ['batch-size', 'chunk-size'], say: 'run.chunkSize in the manifest: run: { chunkSize: 500 }' },
  {
    words: ['rate', 'rate-limit', 'rps', 'qps', 'throttle', 'limits'],
    say: 'run.limits in the manifest: run: { limits: 70% }',
  },
  {
    words: ['resume', 'continue', 'retry', 'retries', 'restart', 'retry-failed'],
    say: 'no option is needed; apply continues where the last run stopped: workos-migrate apply',
  },
  {
    words: [
      'api-key',
      'key',
      'token',
      'secret',
      'secret-key',
      'access-token',
      'password',
      'credentials',
      'workos-api-key',
    ],
    say: 'do not put a secret on a command line, where others can read it. Set an environment variable, and refer to it in the manifest as apiKey: ${WORKOS_API_KEY}. If the secret was real, replace it. To try the new one: workos-migrate doctor',
  },
  {
    words: ['base-url', 'endpoint', 'url', 'host', 'api-url'],
    say: 'target.baseUrl in the manifest: target: { baseUrl: http://127.0.0.1:4100 }',
  },
  {
    on: ['apply', 'destroy'],
    words: ['until', 'stop-at', 'end-at', 'ends', 'before', 'window'],
    say: 'to stop cleanly at a time of day: workos-migrate apply --deadline 05:30',
    needs: '--deadline',
  },
  {
    on: ['apply', 'destroy'],
    words: ['max-time', 'max-runtime', 'time-limit', 'time-budget', 'run-for', 'duration'],
    say: 'to stop cleanly after a duration: workos-migrate apply --max-duration 4h',
    needs: '--max-duration',
  },
  {
    words: ['notify', 'webhook', 'slack', 'on-complete', 'callback', 'alert'],
    say: 'notify in the manifest sets a webhook for the end of a run: notify: { webhook: ${NOTIFY_URL} }',
  },
  { words: ['timeout', 'request-timeout'], say: 'target.timeout in the manifest, in seconds: target: { timeout: 60 }' },
  {
    words: ['proxy', 'http-proxy', 'https-proxy'],
    say: 'set the proxy in the environment: HTTPS_PROXY=http://proxy.example:3128 workos-migrate plan',
  },
  {
    words: ['ca-cert', 'cacert', 'ca-file', 'ca', 'cert', 'insecure', 'k', 'insecure-skip-verify', 'tls-skip-verify'],
    say: 'set your own certificate authority in the environment: NODE_EXTRA_CA_CERTS=/etc/ssl/our-ca.pem workos-migrate plan',
  },
  {
    words: ['manifest', 'config-file', 'config-path', 'file', 'f'],
    say: 'name the manifest with --config: workos-migrate plan --config migrate.config.yaml',
  },
  {
    words: ['chdir', 'cwd', 'directory', 'dir'],
    say: 'name the manifest with --config, or change the folder: workos-migrate plan --config FOLDER/migrate.config.yaml',
  },
  {
    words: ['environment', 'profile', 'workspace', 'stage', 'context', 'stack'],
    say: 'name the environment with --env: workos-migrate plan --env staging',
  },
  { words: ['state', 'state-file', 'statefile'], say: 'state.path in the manifest: state: { path: ./state.sqlite }' },
  {
    words: ['backup'],
    say: 'apply backs up the state automatically. To make another copy: workos-migrate state backup',
  },
  {
    words: ['lock', 'lock-timeout', 'no-lock'],
    say: 'the lock ends with its process and cannot be turned off. To see who holds it: workos-migrate doctor',
  },
  { words: ['color', 'no-color', 'colour'], say: 'NO_COLOR=1 workos-migrate plan' },
  {
    words: ['debug', 'trace', 'log-level', 'loglevel'],
    say: 'to see where an unexpected error happened: WORKOS_MIGRATE_DEBUG=1 workos-migrate plan',
  },
  {
    words: ['prune', 'delete', 'remove'],
    say: 'list the kinds in the manifest; apply then deletes what the source no longer has: prune: [membership]',
  },
  {
    words: ['max-rejects', 'max-errors', 'ignore-errors', 'continue-on-error', 'keep-going', 'allow-errors'],
    say: 'safety.maxRejects in the manifest: safety: { maxRejects: 10 }',
  },
  { words: ['max-deletes', 'allow-deletes'], say: 'safety.maxDeletes in the manifest: safety: { maxDeletes: 10 }' },
  {
    words: ['detailed-exit-code', 'exit-code'],
    say: 'workos-migrate plan --detailed-exitcode',
  },
  {
    on: ['plan'],
    words: ['save', 'output', 'output-file', 'plan-file'],
    say: 'to save the plan: workos-migrate plan --out plan.ndjson',
  },
  {
    words: ['output', 'output-format', 'o'],
    say: 'for output that programs can read, add --json: workos-migrate plan --json',
  },
]
