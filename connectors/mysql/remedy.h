/* What people are told to do, where more than one file says so. */
#ifndef MYSQL_REMEDY_H
#define MYSQL_REMEDY_H

/* The way on after a gap; the end of a sentence. */
#define MY_BEGIN_ANEW "begin anew without what is missing: `tributary checkpoint CONFIG reset --yes`"

#endif
