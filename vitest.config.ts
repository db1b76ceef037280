import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/set-up.ts',
    setupFiles: 'test/fuzz/seed.ts',
    pool: 'forks',
    // Test files share the modules of their process: no test replaces a module, and loading them
    // takes as long as the tests.
    isolate: false,
    maxWorkers: '100%',
    // See src/cli/main.ts.
    execArgv: ['--no-wasm-code-gc'],
    // Tests do not measure time. This only ends tests that hang on a busy machine.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    restoreMocks: true,
  },
})
