/** Whether a host name, as a URL has it, means this machine and no other. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost\.?|127(\.\d+){3}|\[::1\])$/.test(hostname)
}
