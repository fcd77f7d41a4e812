// Lesson check: does a chapter tell the truth? Every command is run and compared with what is
// quoted, quotations of files with the files, pictures with what is drawn now, and each exercise
// must accept its solution and refuse its wrong answer.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/ktap.h"
#include "tools/lesson.h"
#include "tools/lesson_exercise.h"

namespace lockstep {

struct LessonResult {
    TestResult result = TestResult::passed;
    std::string name;    // "line 31: lockstep show ..."
    std::string reason;  // why it failed or was skipped
};

struct LessonCheckOptions {
    std::string root;            // of the lessons; pictures are in its folder `pictures`
    bool redraw = false;         // pictures that differ are written anew
    std::function<bool()> stop;  // asked before each; may be empty
    std::function<void(const std::string&)> working_on;  // may be empty
};

// `exercise` may be nullptr: then there is none, which is a failure.
std::vector<LessonResult> check_lesson(const Lesson& lesson, const Exercise* exercise,
                                       const LessonCheckOptions& options);

}  // namespace lockstep
