/** A file of the home directory as it is typed into a shell, wherever the shell is. */
export function shellPath(path: string): string {
  if (/^[\w@%+=:,./-]+$/.test(path)) return `~/${path}`
  return `~/'${path.replaceAll("'", "'\\''")}'`
}

/** What applies it, as a learner would type it. */
export const applyCommand = (path: string): string => `kubectl apply -f ${shellPath(path)}`
