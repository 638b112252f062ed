# Turns the comments of a header into those of Doxygen: sed -E -f doxygen.sed HEADER
# Doxygen's own characters mean themselves. In code, which is indented by five spaces, they do anyway.
\%^ *// ? ? ? ?[^ ]% s/[<@#\\]/\\&/g
s%([;,{}] +//.*)\\%\1\\\\%
# The comment at the top is that of the file. Titles between the parts of a file are of no declaration.
1 s|^// |/// \\file\n/// |
1 s|^/\*$|/** \\file\n\\verbatim|
2,/^ \*\/$/ s|^ \*/$|\\endverbatim */|
\|^/\* -+ .*- \*/$| s|.*||
# A comment after a member, also on the lines that continue it.
s|^( {24,})// |\1///< |
s|([;,{}]) +// |\1  ///< |
s|([;,]) +/\* |\1 /**< |
# A comment before a declaration.
s|^( *)//( \|$)|\1///\2|
s|^( *)/\*( \|$)|\1/**\2|
