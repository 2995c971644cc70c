-- R5: a replacement counts against the quota year of what it replaces, through any number of replacements; with
-- several originals against the earliest. One row per replacement with a valid link: its earliest root. Every original
-- comes before what replaces it, so that of all that a replacement goes back to the earliest is a root.
{{ earliest_originals(ref('int_replacement_links_checked')) }}
