/** The words of the map page in English, which are there from the start; their shape is that of every language. */

import en, { type Words } from "../../messages/en/common.ftl";

export { en, type Words };
