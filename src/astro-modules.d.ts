/** For the plain compiler; `astro check` knows the components themselves. */
declare module '*.astro' {
  const component: (props: Record<string, unknown>) => unknown
  export default component
}
