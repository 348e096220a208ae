/** The fortio whose behaviour and output this is. */
export const VERSION = '1.68.2'

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

/** Version, who built it, and where it runs. */
export const LONG_VERSION = `${VERSION} meshdojo node${process.versions.node} ${ARCHITECTURES[process.arch] ?? process.arch} ${process.platform}`
