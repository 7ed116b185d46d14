/** The default settings are the right ones: this file tells editors and svelte-check that there is no more. */
export default {};
