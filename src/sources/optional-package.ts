import { codeOf, SourceError } from '../diagnostics/errors.ts'

/**
 * Loads an optional peer dependency.
 * @param name of the npm package
 * @param user what needs it, for the message: `the source cognito`
 * @param load an `import()` of the package by a literal name, so that its types are known
 * @throws SourceError `package_missing`, with the command that installs it
 */
export async function loadOptionalPackage<Module>(
  name: string,
  user: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    if (!isMissing(error, name)) throw error
    throw new SourceError(
      {
        code: 'package_missing',
        message: `${user} needs the package ${name}, which is not installed`,
        hint: `run npm install ${name} where workos-migrate is installed (with -g if it is installed globally), then run the command again`,
      },
      { cause: error },
    )
  }
}

/** Whether the package itself is missing. A missing dependency of the package is another error. */
function isMissing(error: unknown, name: string): boolean {
  return codeOf(error) === 'ERR_MODULE_NOT_FOUND' && String(error).includes(`'${name}'`)
}
