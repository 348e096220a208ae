/** Several errors as hashicorp/go-multierror prints them. */
export const multiError = (errors: readonly string[]): string =>
  `${errors.length} error${errors.length === 1 ? '' : 's'} occurred:\n${errors.map(error => `\t* ${error}\n`).join('')}\n`
