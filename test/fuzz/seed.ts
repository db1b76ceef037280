import fc from 'fast-check'

/**
 * Properties try the same values in every run, so that a change is what makes one fail. With
 * FUZZ_RUNS they try others each time: a failure prints its seed and its path.
 */
if (process.env.FUZZ_RUNS === undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_261_129 })
