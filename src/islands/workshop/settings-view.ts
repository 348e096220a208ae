import type { View } from './view.ts'
export const settingsView: View = () => undefined
