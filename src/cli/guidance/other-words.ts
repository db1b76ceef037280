/** What to say of a word that other tools have for something that is done otherwise here. */
export interface OtherWord {
  /**
   * How others call it. Of options without the dashes; how it is spelt counts no more than in a
   * did-you-mean.
   */
  words: readonly string[]
  /** What it is called here. Its last words, after ` with ` or a colon, are what to type. */
  say: string
  /**
   * The commands under which the words mean this, as they are typed. Default for commands: the top;
   * for options: every one.
   */
  on?: readonly string[]
  /** What the program has to have for this to be true: a command, or an option of any command. */
  needs?: string
}

/** A lock goes with its process. */
const NO_LOCK_TO_BREAK =
  'a lock ends with the process that holds it, so you never have to break one. To see whether one is held: workos-migrate doctor'

/** Commands of other tools. */
export const otherCommands: readonly OtherWord[] = [
  {
    words: ['retry', 'resume', 'continue', 'rerun', 'restart'],
    say: 'apply again, it goes on where the last run stopped: workos-migrate apply',
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
    say: 'plan shows what apply would do, and writes nothing: workos-migrate plan',
  },
  { words: ['refresh', 'drift'], say: 'workos-migrate plan --refresh' },
  {
    words: ['undo', 'rollback', 'revert', 'down', 'reset', 'teardown', 'delete', 'uninstall'],
    say: 'destroy deletes what this state created; look first, then leave --plan-only out: workos-migrate destroy --plan-only',
  },
  {
    words: ['clean', 'cleanup', 'gc', 'wipe', 'vacuum', 'tidy', 'erase', 'shred'],
    say: 'purge removes snapshots, saved plans and reports from this machine, and nothing from WorkOS: workos-migrate purge --dry-run',
  },
  { words: ['check', 'lint'], say: 'workos-migrate validate' },
  {
    words: ['fmt', 'format', 'prettier'],
    say: 'the manifest may be laid out in any way that YAML allows; to check it: workos-migrate validate',
  },
  {
    words: ['compare', 'audit', 'reconcile'],
    say: 'verify reads WorkOS back and compares it with the source: workos-migrate verify',
  },
  {
    words: ['import', 'adopt', 'link'],
    say: 'apply adopts by itself whom it recognises; to adopt one by hand: workos-migrate state import user:KEY user_ID',
  },
  { words: ['show', 'status', 'history', 'runs', 'log', 'logs'], say: 'workos-migrate state show' },
  { words: ['list', 'ls', 'get', 'users', 'organizations', 'memberships'], say: 'workos-migrate state list' },
  {
    words: ['report', 'html', 'dashboard'],
    say: 'a page to be searched in a browser: workos-migrate plan --html plan.html',
  },
  {
    words: ['output', 'outputs', 'ids', 'mapping'],
    say: 'the map from source keys to WorkOS ids: workos-migrate state export',
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
    say: 'what an expression yields is tested in the manifest: workos-migrate test',
  },
  { words: ['serve', 'server', 'emulator', 'mock', 'dev'], say: 'workos-migrate sandbox' },
  {
    words: ['login', 'logout', 'auth', 'whoami'],
    say: 'nobody logs in: the manifest refers to an environment variable, as in apiKey: ${WORKOS_API_KEY}. To try the key: workos-migrate doctor',
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

const LOOKS = 'plan shows what apply would do, and writes nothing'

/** Options of other tools, without their dashes. What stands first and fits the command counts. */
export const otherOptions: readonly OtherWord[] = [
  {
    on: ['destroy'],
    words: ['dry-run', 'n', 'noop', 'preview', 'whatif', 'check', 'simulate'],
    say: 'workos-migrate destroy --plan-only',
  },
  {
    on: ['plan'],
    words: ['dry-run', 'n', 'noop', 'preview', 'whatif', 'check', 'simulate'],
    say: 'a plan writes nothing to WorkOS: workos-migrate plan',
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
    say: 'it asks nothing, so that there is nothing to approve; apply does: workos-migrate apply --yes',
  },
  {
    words: ['auto-approve', 'assume-yes', 'non-interactive', 'no-input', 'no-confirm', 'approve'],
    say: 'to do it without a question, add --yes: workos-migrate apply --yes',
  },
  { on: ['apply'], words: ['force', 'f'], say: 'to do it without a question, add --yes: workos-migrate apply --yes' },
  {
    on: ['plan', 'apply'],
    words: ['destroy', 'undo', 'rollback', 'revert'],
    say: 'workos-migrate destroy --plan-only',
  },
  { words: ['report'], say: 'a page to be searched in a browser: workos-migrate plan --html plan.html' },
  {
    words: ['target', 'targets', 'select', 'filter', 'include', 'subset'],
    say: 'name what is to be migrated with --only: workos-migrate plan --only organization:KEY',
    needs: '--only',
  },
  {
    words: ['exclude', 'skip', 'omit'],
    say: 'map.user.when in the manifest says who is migrated, such as when: status = "active". To see who that leaves: workos-migrate plan',
  },
  { words: ['refresh-only'], say: 'workos-migrate plan --refresh' },
  {
    words: ['var', 'vars', 'set', 'var-file', 'define'],
    say: 'values stand in the manifest under vars, a set of them for each of its environments, and may refer to variables as ${NAME}. To choose an environment: workos-migrate plan -e staging',
  },
  {
    words: ['parallelism', 'concurrency', 'parallel', 'jobs', 'j'],
    say: 'run.concurrency in the manifest says how many requests are on their way at once: run: { concurrency: 20 }',
  },
  {
    words: ['workers', 'threads'],
    say: 'run.workers in the manifest says how many threads map: run: { workers: 2 }',
  },
  { words: ['batch-size', 'chunk-size'], say: 'run.chunkSize in the manifest: run: { chunkSize: 500 }' },
  {
    words: ['rate', 'rate-limit', 'rps', 'qps', 'throttle', 'limits'],
    say: 'run.limits in the manifest: run: { limits: 70% }',
  },
  {
    words: ['resume', 'continue', 'retry', 'retries', 'restart', 'retry-failed'],
    say: 'nothing has to be added, apply goes on where the last run stopped: workos-migrate apply',
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
    say: 'a secret does not belong on a command line, where others can read it: put it into an environment variable, to which the manifest refers as apiKey: ${WORKOS_API_KEY}. If it was a real one, make a new one. To try it: workos-migrate doctor',
  },
  {
    words: ['base-url', 'endpoint', 'url', 'host', 'api-url'],
    say: 'target.baseUrl in the manifest: target: { baseUrl: http://127.0.0.1:4100 }',
  },
  {
    on: ['apply', 'destroy'],
    words: ['until', 'stop-at', 'end-at', 'ends', 'before', 'window'],
    say: 'to stop in order at a time of day: workos-migrate apply --deadline 05:30',
    needs: '--deadline',
  },
  {
    on: ['apply', 'destroy'],
    words: ['max-time', 'max-runtime', 'time-limit', 'time-budget', 'run-for', 'duration'],
    say: 'to stop in order after so long: workos-migrate apply --max-duration 4h',
    needs: '--max-duration',
  },
  {
    words: ['notify', 'webhook', 'slack', 'on-complete', 'callback', 'alert'],
    say: 'notify in the manifest names a webhook for the end of a run: notify: { webhook: ${NOTIFY_URL} }',
  },
  { words: ['timeout', 'request-timeout'], say: 'target.timeout in the manifest, in seconds: target: { timeout: 60 }' },
  {
    words: ['proxy', 'http-proxy', 'https-proxy'],
    say: 'proxies are taken from the environment: HTTPS_PROXY=http://proxy.example:3128 workos-migrate plan',
  },
  {
    words: ['ca-cert', 'cacert', 'ca-file', 'ca', 'cert', 'insecure', 'k', 'insecure-skip-verify', 'tls-skip-verify'],
    say: 'an authority of your own is named in the environment: NODE_EXTRA_CA_CERTS=/etc/ssl/our-ca.pem workos-migrate plan',
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
    say: 'apply keeps a copy of the state by itself; to make one more: workos-migrate state backup',
  },
  {
    words: ['lock', 'lock-timeout', 'no-lock'],
    say: 'the lock ends with the process that holds it, and cannot be left out. To see whether one is held: workos-migrate doctor',
  },
  { words: ['color', 'no-color', 'colour'], say: 'NO_COLOR=1 workos-migrate plan' },
  {
    words: ['debug', 'trace', 'log-level', 'loglevel'],
    say: 'where an unexpected error happened: WORKOS_MIGRATE_DEBUG=1 workos-migrate plan',
  },
  {
    words: ['prune', 'delete', 'remove'],
    say: 'name the kinds in the manifest. apply then deletes what left the source: prune: [membership]',
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
    say: 'for a program to read, add --json: workos-migrate plan --json',
  },
]
